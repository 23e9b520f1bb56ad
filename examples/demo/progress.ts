/** A progress bar on standard error: redrawn on a terminal, a line every tenth elsewhere. */
export function progressBar(title: string, total: number): (done: number) => void {
  const width = 30;
  let tenth = 0;
  return (done) => {
    const filled = Math.round((width * done) / total);
    const bar = `${title} [${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${done}/${total}`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${bar}${done === total ? '\n' : ''}`);
      return;
    }
    const reached = Math.floor((10 * done) / total);
    if (reached > tenth) process.stderr.write(`${bar}\n`);
    tenth = reached;
  };
}
