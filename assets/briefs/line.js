/** One issue in the list: unread is bold with an icon, below it cycle and time. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;
const ICONS = { making: 'hourglass', draft: 'pencil', approved: 'check', sent: 'file-text' };

/** A line that opens its issue. */
export function line({ brief, unread }) {
  const icon = unread ? 'mail' : ICONS[brief.state];
  const title = `${brief.area_name || ''}${hall.language === 'zh' ? '' : ' '}${api.typeName(brief)}`;
  const trouble = brief.troubles || brief.failure ? make('span', { class: 'br-chip warn', text: hall.t('briefs.incomplete') }) : '';
  const state = brief.state === 'sent' ? '' : make('span', { class: `br-chip ${brief.state}`, text: hall.t(`briefs.state_${brief.state}`) });
  const node = make('a', { class: `br-line${unread ? ' unread' : ''}`, href: `#b=${brief.id}`, role: 'listitem', 'data-id': String(brief.id) },
    make('span', { class: 'br-icon', html: hall.icon(icon, 17) }),
    make('span', { class: 'br-words' },
      make('span', { class: 'br-title' }, make('span', { class: 'cut', text: title }), trouble, state),
      make('span', { class: 'br-sub' }, make('span', { class: 'cut', text: brief.label }), make('span', { class: 'br-no', text: hall.t('briefs.issue', { n: brief.issue }) })),
      make('span', { class: 'br-sub' }, make('span', { class: 'cut', text: hall.t(`briefs.cycle_${brief.cycle}`) }),
        make('time', { text: api.moment(brief.sent_at || brief.approved_at || brief.data_at || brief.asked_at) }))));
  if (unread) node.querySelector('.br-title').prepend(make('span', { class: 'visually-hidden', text: hall.t('briefs.view_unread') }));
  return node;
}
