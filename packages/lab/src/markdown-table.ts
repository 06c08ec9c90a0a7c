/**
 * A table in Markdown, as Prettier would write it: columns padded to their widest cell.
 *
 * @param table - rows of as many cells each, the head first
 */
export function markdownTable(table: readonly (readonly string[])[]): string {
  const widths = table[0]!.map((_, column) => Math.max(3, ...table.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...rest] = table;
  return [line(head!), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest.map(line)].join(
    "\n",
  );
}
