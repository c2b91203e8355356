import process from 'node:process'
import type { OptionTable, OptionValues } from './own-options.js'
import { usageError } from './usage-error.js'

/** Options of the commands that reach a queue. */
export const OF_QUEUES = {
  connection: { type: 'string' },
  queue: { type: 'string' },
} as const satisfies OptionTable

/**
 * The queue that the options name.
 *
 * @param environment - of the process: `AVIO_CONNECTION` stands for `--connection`, which shows a password to `ps`
 * @throws {@link OptionError} without a connection
 */
export function queueOf(
  { connection, queue }: OptionValues<typeof OF_QUEUES>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { connection: string; queue?: string } {
  const address = connection ?? environment['AVIO_CONNECTION']
  if (address === undefined || address === '')
    throw usageError(
      '--connection',
      'Give the address of the queue by --connection redis://host or postgres://host/database, or by the environment ' +
        'variable AVIO_CONNECTION.',
    )
  return { connection: address, ...(queue !== undefined && { queue }) }
}
