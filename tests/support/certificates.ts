/**
 * Certificates made on the spot with openssl: an authority, a server's that it signed, and an authority that
 * signed nothing.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** PEM files. */
  ca: string;
  cert: string;
  key: string;
  stranger: string;
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** For `127.0.0.1` alone: any other name of this machine is not in the certificate. */
export function makeCertificates(dir: string): Certificates {
  const file = (name: string) => join(dir, name);
  const authority = (name: string) => {
    const [pem, key] = [file(`${name}.pem`), file(`${name}.key`)];
    openssl('req', '-x509', ...newKey, '-keyout', key, '-out', pem, '-days', '2', '-subj', `/CN=${name}`);
    return { pem, key };
  };
  const [ours, stranger] = [authority('authority'), authority('stranger')];
  const [cert, key, request, names] = [
    file('redis.crt'),
    file('redis.key'),
    file('redis.csr'),
    file('names'),
  ];
  openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=redis');
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1\n');
  const signer = ['-CA', ours.pem, '-CAkey', ours.key, '-CAcreateserial'];
  openssl('x509', '-req', '-in', request, ...signer, '-out', cert, '-days', '2', '-extfile', names);
  return { ca: ours.pem, cert, key, stranger: stranger.pem };
}
