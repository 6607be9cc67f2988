/**
 * What an S3 server says no with, as errors that people can mend. Refusals are for good until somebody
 * changes something; everything else (no answer, 5xx, "slow down") is `bucket-unreachable` and passes.
 */
import { AcclaimError } from '../errors.js';

const keys = 'Mend ACCLAIM_BUCKET_KEY_ID and ACCLAIM_BUCKET_SECRET.';
const rights =
  'Give the keys the rights to get, put, delete and list objects and parts of uploads in this bucket (docs/operating.md).';
const region = 'Set ACCLAIM_BUCKET_REGION to the region of the bucket.';

/** Error codes of S3 -> mend. */
const refusals: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: keys,
  SignatureDoesNotMatch: keys,
  ExpiredToken: keys,
  InvalidToken: keys,
  CredentialsProviderError: `${keys} Without them, keys are looked for as AWS's own tools do.`,
  AccessDenied: rights,
  AllAccessDisabled: rights,
  NoSuchBucket: 'Make the bucket, or mend ACCLAIM_BUCKET.',
  InvalidBucketName: 'Mend ACCLAIM_BUCKET.',
  PermanentRedirect: region,
  AuthorizationHeaderMalformed: region,
  IllegalLocationConstraintException: region,
  RequestTimeTooSkewed: "Set this machine's clock.",
  QuotaExceeded: 'Raise the quota of the bucket, or lower artifacts.keepDays.',
  XMinioStorageFull: 'Give the server of the bucket more space.',
};

interface S3Fault {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

const status = (error: unknown): number | undefined => (error as S3Fault).$metadata?.httpStatusCode;

/** Of an object or an upload that is not there. */
export const isMissing = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes((error as S3Fault).name ?? '');

/** `what` was asked: "put sha256/ab/...". Ours pass as they are. */
export function explain(error: unknown, where: string, what: string): Error {
  if (error instanceof AcclaimError) return error;
  const { name = '', code = '', message = '' } = error as S3Fault;
  if (name === 'AbortError') return new AcclaimError('cancelled', `${what} was cancelled`);
  const hint = refusals[name] ?? (status(error) === 403 ? `${keys} ${rights}` : undefined);
  const words = [...new Set([name, code, message])].filter((w) => !['', 'Error', 'UnknownError'].includes(w));
  const said = `${where}: ${what}: ${words.join(': ') || `status ${status(error) ?? 'unknown'}`}`;
  if (hint !== undefined) return new AcclaimError('bucket-refused', said, hint);
  return new AcclaimError(
    'bucket-unreachable',
    said,
    'Start the server of the bucket, or mend ACCLAIM_BUCKET_ENDPOINT; what is on its way waits.',
  );
}
