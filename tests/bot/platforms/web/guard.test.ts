import { describe, expect, it } from 'vitest';
import { type Change, changeRefused, hostAllowed, hostName } from '../../../../bot/platforms/web/guard.js';

describe('host names', () => {
  it.each([
    ['localhost:8080', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]:8080', '::1'],
    ['Example.ORG:80', 'example.org'],
    ['a@b', undefined],
    ['a:b:c', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s', (header, name) => expect(hostName(header)).toBe(name));

  const loopback = { host: '127.0.0.1', names: [] };
  const wide = { host: '0.0.0.0', names: ['studio'] };
  it.each([
    [loopback, 'localhost:8080', true],
    [loopback, '127.0.0.1:8080', true],
    [loopback, '[::1]:8080', true],
    [loopback, 'evil.example:8080', false],
    [loopback, '127.0.0.1.evil.example', false],
    [loopback, '192.168.1.4:8080', false],
    [loopback, undefined, false],
    [wide, '192.168.1.4:8080', true],
    [wide, '[fe80::1]:8080', true],
    [wide, 'studio:8080', true],
    [wide, 'evil.example', false],
  ])('bound to %o, asked as %s: %s', (bound, header, allowed) =>
    expect(hostAllowed(header, bound)).toBe(allowed),
  );
});

describe('changing requests', () => {
  const ours = {
    host: '127.0.0.1:8080',
    proxy: null,
    origin: 'http://127.0.0.1:8080',
    fetchSite: 'same-origin',
    contentType: 'application/json',
  };
  it.each([
    ['our page', {}, true],
    ['a script without a browser', { origin: undefined, fetchSite: undefined }, true],
    ['another site', { origin: 'http://evil.example' }, false],
    ['another port of this host', { origin: 'http://127.0.0.1:9999' }, false],
    ['a sandboxed frame', { origin: 'null' }, false],
    ['a cross-site fetch', { origin: undefined, fetchSite: 'cross-site' }, false],
    ['a sibling subdomain', { origin: undefined, fetchSite: 'same-site' }, false],
    ['a form', { contentType: 'application/x-www-form-urlencoded' }, false],
    ['a plain-text trick', { contentType: 'text/plain; application/json' }, false],
    ['no type at all', { contentType: undefined }, false],
  ])('%s', (_, change, fine) =>
    expect(changeRefused({ ...ours, ...change }, { names: [] }) === undefined).toBe(fine),
  );

  const outside = { ...ours, origin: 'https://taste.example.org', fetchSite: undefined };
  const names = ['taste.example.org'];
  it.each<[string, Partial<Change>, readonly string[], RegExp | undefined]>([
    ['that a proxy passes with its Host', { host: 'taste.example.org' }, [], undefined],
    ['with the port that TLS has anyway', { host: 'taste.example.org:443' }, [], undefined],
    ['of a trusted proxy that changes Host, by a name of ours', { proxy: '10.0.0.1' }, names, undefined],
    [
      'of a trusted proxy, by another name',
      { proxy: '10.0.0.1' },
      [],
      /add taste.example.org to server.hostNames/,
    ],
    [
      'of anybody else, by a name of ours',
      {},
      names,
      /proxy_set_header Host \$http_host; *\).*server.trustProxy\.$/,
    ],
    ['of anybody else', {}, [], /server.trustProxy and taste.example.org in server.hostNames/],
    ['over TLS asked for without', { host: 'taste.example.org:80' }, [], /Host is taste.example.org:80/],
    ['of another site of a browser', { proxy: '10.0.0.1', fetchSite: 'cross-site' }, names, /Sec-Fetch-Site/],
  ])('a change %s', (_, change, known, said) => {
    const refused = changeRefused({ ...outside, ...change }, { names: known });
    if (said) expect(`${refused?.message} ${refused?.hint}`).toMatch(said);
    else expect(refused).toBeUndefined();
  });
});
