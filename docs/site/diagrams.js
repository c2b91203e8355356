// Draws the Mermaid diagrams of a page, with the copy of Mermaid beside this file. Without scripts they stay code.
{
  const folder = new URL('.', document.currentScript.src)
  const draw = async () => {
    const blocks = [...document.querySelectorAll('pre > code.mermaid')]
    if (blocks.length === 0) return
    await new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = new URL('mermaid.tiny.js', folder).href
      script.onload = resolve
      script.onerror = reject
      document.head.append(script)
    })
    // TypeDoc hides the body until its own script has run. What is hidden has no size, and can't be drawn.
    while (getComputedStyle(document.body).display === 'none')
      await new Promise(resolve => setTimeout(resolve, 20))
    const { mermaid } = globalThis
    mermaid.initialize({ startOnLoad: false, theme: 'neutral' })
    for (const [n, block] of blocks.entries()) {
      const { svg } = await mermaid.render(`diagram-${n}`, block.innerText)
      const figure = document.createElement('figure')
      figure.className = 'diagram'
      figure.innerHTML = svg
      block.parentElement.replaceWith(figure)
    }
  }
  document.addEventListener('DOMContentLoaded', draw)
}
