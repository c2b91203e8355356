import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'

/**
 * The JSON of a file, or of standard input as `-`.
 *
 * @param file - as on the command line
 * @param what - what the file holds, for messages: `job`, `plan`
 * @throws {@link OptionError} for a file that can't be read, and for text that is not JSON
 */
export async function readJson(file: string, what: string, context: Context): Promise<unknown> {
  const content = await contentOf(file, what, context)
  try {
    return JSON.parse(content)
  } catch {
    // The message of JSON.parse quotes the text, which may hold a signature.
    throw usageError(file, `The ${what} "${file}" is not JSON.`)
  }
}

async function contentOf(file: string, what: string, { stdin, cwd }: Context): Promise<string> {
  if (file === '-') return await text(stdin)
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw usageError(file, `The ${what} "${file}" can't be read: ${(error as Error).message}.`)
  }
}
