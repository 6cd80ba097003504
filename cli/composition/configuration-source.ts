import { readConfigurationFile } from '../configuration/load.js';

/** The file that a configuration came from, while it is in use. */
export interface ConfigurationSource {
  /** @throws ConfigurationUnreadable */
  read(): string;
  /** Resolves when somebody says that it has changed, or the signal aborts. Saying it while nobody waits is lost. */
  changed(signal: AbortSignal): Promise<void>;
}

/**
 * @param onHangup gives `heard` to whoever hears of changes, once
 */
export function configurationFile(path: string, onHangup: (heard: () => void) => void): ConfigurationSource {
  const hangups = new EventTarget();
  onHangup(() => {
    hangups.dispatchEvent(new Event('hangup'));
  });
  return {
    read: () => readConfigurationFile(path),
    changed: (signal) =>
      new Promise((resolve) => {
        const finish = (): void => {
          hangups.removeEventListener('hangup', finish);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        hangups.addEventListener('hangup', finish);
        if (signal.aborted) finish();
        else signal.addEventListener('abort', finish);
      }),
  };
}
