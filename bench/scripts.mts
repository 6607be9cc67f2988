// What `npm run bench` runs, by name: files of this folder. bench/README.md says what each measures.
export const scripts = ['fuzz/run', 'table/render', 'table/run', 'votes/measure'] as const;
