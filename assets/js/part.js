/** Parts of the product that load when their place comes onto a page: `data-part="indicators"` takes assets/indicators/indicators.js, its style sheet and its texts. */
(function (hall) {
  'use strict';

  async function settle(node) {
    const { part } = node.dataset;
    delete node.dataset.part;
    const folder = `${hall.assets}${part}/${part}`;
    const look = new Promise((resolve) => {
      const link = hall.element('link', { rel: 'stylesheet', href: `${folder}.css` });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
    const [module] = await Promise.all([import(`${folder}.js`), look, hall.texts(part)]);
    module.mount(node);
  }

  (hall.starts = hall.starts || []).push(() => {
    const all = () => document.querySelectorAll('[data-part]').forEach((node) => settle(node).catch((error) => console.error(error)));
    new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
    all();
  });
})((window.hall = window.hall || {}));
