export const GB = 1024 ** 3;

/** `bytes` in words, such as `1.5 GB`. */
export const gigabytes = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`;
