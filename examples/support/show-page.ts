/** A page that an example serves. */
export interface ShownPage {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Runs an example with a page, which stays open until Ctrl-C on a terminal. */
export async function showPage(main: (args: readonly string[]) => Promise<ShownPage>): Promise<void> {
  // The SDK's warning about Node 20 does not belong in the output.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  const { url, close } = await main(process.argv.slice(2))
  console.log(`\nPlays at ${url}`)
  if (process.stdout.isTTY) {
    console.log('Ctrl-C ends it.')
    process.once('SIGINT', () => void close())
  } else await close()
}
