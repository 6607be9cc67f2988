/** Numbers with what they number, as people say them: "1 round", "3 rounds". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
