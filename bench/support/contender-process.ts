// One run of one contender, in a process of its own: node --import tsx contender-process.ts <topic> <contender>
import type { Arena, Run, Topic } from './topic.js'

const [topicName, contenderName] = process.argv.slice(2)
const { topic } = (await import(`../${topicName!}.ts`)) as { topic: Topic }
const contender = topic.contenders[contenderName!]!

process.once('message', (arena: Arena) => {
  void run(arena).then(
    result => process.send!({ result }, () => process.disconnect()),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send!('ready')

async function run(arena: Arena): Promise<Run> {
  const before = process.memoryUsage.rss()
  let peak = before
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
  const cpuBefore = process.cpuUsage()
  const started = performance.now()
  const bytes = await contender(arena)
  const wall = (performance.now() - started) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  clearInterval(sampling)
  return {
    bytes,
    wall,
    cpu: (cpu.user + cpu.system) / 1e6,
    memory: Math.max(peak, process.memoryUsage.rss()) - before,
  }
}
