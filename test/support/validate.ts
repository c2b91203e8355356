import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AvioError } from '../../lib/errors.js'
import { Fmp4Validator, type Fmp4ValidatorOptions } from '../../lib/mp4/fmp4-validator.js'
import type {
  Fmp4Fragment,
  Fmp4Init,
  ValidationReport,
  ValidationWarning,
} from '../../lib/mp4/checks/validation-report.js'

/** The results of sending bytes through an `Fmp4Validator`. */
export interface Validated {
  /** The final error. */
  readonly error: AvioError | undefined
  /** The output chunks. */
  readonly output: readonly Buffer[]
  readonly inits: readonly Fmp4Init[]
  readonly fragments: readonly Fmp4Fragment[]
  readonly warnings: readonly ValidationWarning[]
  readonly report: ValidationReport | undefined
}

/** Sends `chunks` through a validator and records its events and output. */
export async function validate(
  chunks: Buffer | readonly Buffer[],
  options?: Fmp4ValidatorOptions,
): Promise<Validated> {
  const validator = new Fmp4Validator(options)
  const output: Buffer[] = []
  const inits: Fmp4Init[] = []
  const fragments: Fmp4Fragment[] = []
  const warnings: ValidationWarning[] = []
  validator.on('init', init => inits.push(init))
  validator.on('fragment', fragment => fragments.push(fragment))
  validator.on('warning', warning => warnings.push(warning))
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      output.push(chunk)
      callback()
    },
  })
  const source = Readable.from(Buffer.isBuffer(chunks) ? [chunks] : chunks, { objectMode: false })
  let error: AvioError | undefined
  await pipeline(source, validator, sink).catch((reason: unknown) => (error = reason as AvioError))
  return { error, output, inits, fragments, warnings, report: validator.report }
}
