import { describe, expect, it } from 'vitest';
import { changeRefused, hostAllowed, hostName } from '../../../../bot/platforms/web/guard.js';

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
  ])('%s', (_, change, fine) => expect(changeRefused({ ...ours, ...change }) === undefined).toBe(fine));
});
