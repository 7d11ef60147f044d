// Read what a reader of the open notebook sees, and return it as plain data for checks.py.
// Every cell must be in the page (notebook windowing off); pictures come back as small PNG files.
async () => {
  const LONGEST = 400; // pixels of a picture's longer side: enough to tell black from drawn
  const WIDGET = 'application/vnd.jupyter.widget-view+json';
  // What MathJax draws of a formula with an error, and of a command that it does not know.
  const MISTAKES = 'mjx-merror, mjx-mtext[style*="color: red"]';
  // The colors of these are JupyterLab's and MathJax's own.
  const NOT_OURS = 'mjx-container, style, script, .jp-InternalAnchorLink, .jp-RenderedMarkdown pre';
  const notebook = window.jupyterapp.shell.currentWidget.content;

  const settled = image => image.complete ? null : new Promise(resolve => {
    image.addEventListener('load', resolve);
    image.addEventListener('error', resolve);
    setTimeout(resolve, 5000);
  });

  const pixels = image => {
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png').split(',')[1];
  };

  const own = address => address.startsWith('data:') || address.startsWith('blob:')
    || new URL(address, location.href).origin === location.origin;

  const picture = image => {
    const loaded = image.complete && image.naturalWidth > 0;
    return {
      output: image.closest('.jp-OutputArea-output') !== null,
      alt: image.getAttribute('alt'),
      address: image.src.slice(0, 80),
      own: own(image.src),
      loaded,
      png: loaded && own(image.src) ? pixels(image) : null,
    };
  };

  const parse = color => (color.match(/[\d.]+/g) || []).map(Number);
  const background = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };

  // One entry for each pair of colors, with a few words that stand in it.
  const colors = node => {
    const found = new Map();
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      const shown = element.closest('.jp-RenderedHTMLCommon, .jp-RenderedText, .jupyter-widgets');
      const hidden = element.closest(NOT_OURS);
      if (!text.data.trim() || !shown || hidden) continue;
      const pair = [parse(getComputedStyle(element).color).slice(0, 3), background(element)];
      const key = JSON.stringify(pair);
      if (!found.has(key)) found.set(key, { text: text.data.trim().slice(0, 40), colors: pair });
    }
    return [...found.values()];
  };

  // Text as it stands in the page, less what may hold a dollar sign: code and typeset formulas.
  const prose = node => [...node.querySelectorAll('.jp-RenderedHTMLCommon')].map(part => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll('code, pre, mjx-container, style, script').forEach(e => e.remove());
    return copy.textContent;
  }).join('\n');

  const view = node => ({
    sliders: node.querySelectorAll('.widget-slider').length,
    pictures: node.querySelectorAll('img').length,
    shown: node.querySelectorAll('.jupyter-widgets').length,
    text: node.innerText.slice(0, 200),
  });

  const link = anchor => ({ text: anchor.textContent, address: anchor.href });

  const output = one => ({
    kind: one.output_type,
    name: one.name || one.ename || '',
    text: [].concat(one.text || one.evalue || '').join('').slice(0, 300),
  });

  const cell = (widget, index) => {
    const { node, model } = widget;
    const all = selector => [...node.querySelectorAll(selector)];
    const outputs = model.outputs
      ? Array.from({ length: model.outputs.length }, (_, k) => model.outputs.get(k).toJSON()) : [];
    return {
      index,
      kind: model.type,
      source: model.sharedModel.getSource(),
      ran: model.executionCount !== null && model.executionCount !== undefined,
      outputs: outputs.map(output),
      pictures: all('img').map(picture),
      unnamed: all('.jp-OutputArea-output :is(svg, canvas, video, iframe):not([aria-label])').length,
      formulas: all('mjx-container').length,
      bad_formulas: all(MISTAKES).length,
      prose: prose(node),
      links: all('.jp-RenderedHTMLCommon a[href]:not(.jp-InternalAnchorLink)').map(link),
      details: all('.jp-RenderedHTMLCommon details').length,
      views: outputs.flatMap((one, k) => one.data && WIDGET in one.data
        ? [view(widget.outputArea.widgets[k].node)] : []),
      colors: colors(node),
    };
  };

  await Promise.all([...notebook.node.querySelectorAll('img')].map(settled));
  return { path: window.jupyterapp.shell.currentWidget.context.path,
           cells: notebook.widgets.map(cell) };
}
