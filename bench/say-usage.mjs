// Loaded before a command that is measured: its last line on stderr tells what it has used. Nobody can ask a process that is gone.
process.once('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = {
    processorSeconds: (userCPUTime + systemCPUTime) / 1_000_000,
    peakResidentMegabytes: (maxRSS * 1_024) / 1_000_000,
  };
  process.stderr.write(`${JSON.stringify(usage)}\n`);
});
