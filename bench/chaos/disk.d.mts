export function whyNoDisk(dir: string): string | null;
