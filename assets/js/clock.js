/** The hall's clock in the top bar, and how old the data on the map is. */
(function (hall) {
  'use strict';

  const write = (selector, text) => {
    for (const node of document.querySelectorAll(selector)) if (node.textContent !== text) node.textContent = text;
  };

  function day(date) {
    const zone = { timeZone: 'Asia/Shanghai' };
    const locale = hall.language === 'zh' ? 'zh-CN' : 'en-GB';
    return new Intl.DateTimeFormat(locale, { ...zone, month: hall.language === 'zh' ? 'long' : 'short', day: 'numeric', weekday: 'short' }).format(date);
  }

  function show() {
    const now = new Date(hall.connection.now());
    write('[data-clock]', hall.clockTime(now, true));
    write('[data-clock-date]', day(now));
  }

  (hall.starts = hall.starts || []).push(() => {
    hall.textsReady.then(() => {
      show();
      setInterval(show, 1000);
    });
    hall.on('language', show);
    hall.on('data', (asOf) => write('[data-data-age]', hall.t('map.data_as_of', { time: hall.clockTime(asOf, true) })));
  });
})((window.hall = window.hall || {}));
