import t from 'tap'
import { drawPlot } from '../../bench/support/draw-plot.js'

t.test('draws a plot as SVG with its axes', async t => {
  const svg = await drawPlot({
    data: { values: [{ workers: 1, speed: 2 }] },
    mark: 'point',
    encoding: {
      x: { field: 'workers', type: 'quantitative' },
      y: { field: 'speed', type: 'quantitative', title: 'how fast' },
    },
  })
  t.match(svg, /^<svg [^>]*>/)
  t.match(svg, /how fast/)
  t.match(svg, /fill="white"/)
})
