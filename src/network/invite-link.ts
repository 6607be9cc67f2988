/**
 * The address that an invite to vote on the page is sent as. What follows the sign # is never asked of a
 * server, so that nobody's preview of the link uses the invite up.
 */

export const inviteLink = (page: string, code: string): string =>
  `${page.replace(/\/+$/, '')}/#invite=${code}`;

export const INVITE_DAYS = 7;
