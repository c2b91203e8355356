import { MultiBar, Presets } from 'cli-progress'

/** Live bars with a title on the left and a text on the right. Without a terminal they draw nothing. */
export function titledBars(): MultiBar {
  return new MultiBar(
    {
      format: ' {title} {bar} {text}',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: false,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  )
}
