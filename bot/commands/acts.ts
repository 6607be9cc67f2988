/**
 * The acts of one command while it runs: put to sessions, which write them into the audit, or written there
 * by the command itself.
 */
import type { Refusal } from '../../src/domain/state/decision.js';
import type { Act } from '../../src/domain/state/events.js';
import type { Act as ActRow } from '../../src/domain/state/model.js';
import type { Audit } from '../services/audit.js';
import type { Actor, SessionActs } from '../services/session-acts.js';

/** Acts of one run of one command. */
export class CommandActs {
  /** Something was put to a session, or written down: nobody else need do it. */
  any = false;

  constructor(private readonly parts: { sessionActs: SessionActs; audit: Audit }) {}

  /** As SessionActs.act. */
  act(session: string, act: Act, actor: Actor): Promise<Refusal | null> {
    this.any = true;
    return this.parts.sessionActs.act(session, act, actor);
  }

  /** As Audit.record. */
  record(act: Omit<ActRow, 'at'>): Promise<void> {
    this.any = true;
    return this.parts.audit.record(act);
  }
}
