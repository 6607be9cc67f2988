/**
 * What has to happen outside because of a decision. Effects are committed with the rows (the outbox) and
 * carried out afterwards, each any number of times: by its key. An effect names rows and carries no copy of
 * them, so that whoever carries it out reads the newest state. The same key again (an edit) replaces the one
 * that waits.
 */
import type { Value } from '../../words/text.js';
import type { Feedback } from './round.js';

export type NoticeCode =
  | 'extended'
  | 'paused'
  | 'resumed'
  | 'redraw'
  | 'round-failed'
  | 'job-retried'
  | 'rolled-back'
  | 'more-variety'
  | 'redo'
  | 'reactions-cleared'
  | 'ballot-reposted'
  | 'polarised'
  | 'flagged'
  | 'reported'
  | 'image-hidden'
  | 'pair-hidden'
  | 'review'
  | 'learner-note'
  | 'warm-start'
  | 'channel-joined'
  | 'channel-left'
  | 'channel-unread'
  | 'split'
  | 'ended';

interface Base {
  /** Unique and stable; of a job it is the job's id in the queue. */
  key: string;
  session: string;
  /** Epoch ms before which it must not be done; 0 = at once. */
  notBefore: number;
}

export type Effect =
  | (Base & {
      kind: 'generate';
      round: number;
      attempt: number;
      count: number;
      /** Checkpoint's round; null = the base model or the session's origin. */
      parent: number | null;
      noise: 'plain' | 'learner';
    })
  | (Base & { kind: 'learn'; round: number; attempt: number; parent: number | null; feedback: Feedback })
  /** How safe the checkpoint of a round is beside the base model. */
  | (Base & { kind: 'evaluate'; round: number })
  /** What the checkpoint of a round draws at other strengths. */
  | (Base & { kind: 'strengths'; round: number })
  | (Base & { kind: 'cancel-job'; job: string })
  | (Base & { kind: 'post-ballot'; ballot: string })
  | (Base & { kind: 'edit-ballot'; ballot: string })
  | (Base & { kind: 'prime-ballot'; ballot: string; reactions: string[] })
  | (Base & { kind: 'remove-ballot'; ballot: string })
  | (Base & { kind: 'sweep'; ballot: string })
  /** Pictures that need care come off the channel's messages. */
  | (Base & { kind: 'take-down'; channel: string })
  /** One message for each channel: `card` says which, `round` null where it is about the session. */
  | (Base & {
      kind: 'card';
      card: 'progress' | 'outcome' | 'story' | 'safety' | 'strengths';
      channel: string;
      round: number | null;
    })
  | (Base & {
      kind: 'notice';
      channel: string;
      round: number | null;
      notice: NoticeCode;
      values: Record<string, Value>;
    })
  | (Base & { kind: 'delete-image'; round: number; index: number })
  /** Files of the pair row that are hidden, and what was made of them. */
  | (Base & { kind: 'delete-pair' })
  /** Another session, which this one was split into. */
  | (Base & { kind: 'stop-session'; stops: string })
  | (Base & { kind: 'forget'; voter: string });

export type EffectKind = Effect['kind'];
export type EffectOf<K extends EffectKind> = Extract<Effect, { kind: K }>;
