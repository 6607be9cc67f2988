/** Consent: a voter's row exists only after it. Withdrawing consent is forgetting, which the store carries out. */
import type { Draft } from './draft.js';
import type { ConsentChanged } from './events.js';
import type { Voter } from './model.js';
import { atLeast } from './roles.js';

export function consentChanged(draft: Draft, { voter, given, name }: ConsentChanged): void {
  const before = draft.state.voters.get(voter.key);
  if (!given) {
    if (before) draft.ask({ kind: 'forget', key: `${voter.key}.forget`, voter: voter.key });
    return;
  }
  const row: Voter = {
    key: voter.key,
    community: draft.session.community,
    platform: voter.platform,
    consentAt: before?.consentAt ?? draft.at,
    bornAt: voter.bornAt,
    joinedAt: voter.joinedAt,
    rounds: before?.rounds ?? 0,
    excluded: before?.excluded ?? false,
    // Whoever runs the place is known to it: a moderator is no newcomer.
    trusted: before?.trusted || atLeast(voter.role, 'moderator'),
    name,
    pseudonym: false,
  };
  draft.put({ table: 'voter', row });
}
