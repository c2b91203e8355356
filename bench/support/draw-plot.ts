import { View, parse } from 'vega'
import { type TopLevelSpec, compile } from 'vega-lite'

/** A plot as SVG: black on white, readable in the light and the dark theme of a page. */
export async function drawPlot(spec: TopLevelSpec): Promise<string> {
  const whole = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 10,
    config: { font: 'sans-serif', axis: { gridColor: '#ddd' } },
    ...spec,
  } as TopLevelSpec
  const view = new View(parse(compile(whole).spec), { renderer: 'none' })
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}
