/** Saved groups of cameras: put together here, opened again from the dock and from the page of video. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;

/** Ask for a name and keep these cameras under it. */
export function saveGroup(cameras, host, { kind = 'group', tiles = 4, dwell = 20, onSaved = () => {} } = {}) {
  const input = make('input', { type: 'text', maxlength: '60', required: '', 'aria-label': hall.t('video.group_name'), placeholder: hall.t('video.group_name') });
  const shared = make('input', { type: 'checkbox' });
  const said = make('p', { class: 'vt-said', role: 'status' });
  const close = make('button', { type: 'button', class: 'vt-act', text: hall.t('video.cancel') });
  const dwells = make('input', { type: 'number', min: '5', max: '600', value: String(dwell), 'aria-label': hall.t('video.dwell') });
  const form = make('form', { class: 'vt-form' }, make('label', { class: 'vt-field' }, make('span', { text: hall.t('video.group_name') }), input),
    ...(kind === 'patrol' ? [make('label', { class: 'vt-field' }, make('span', { text: hall.t('video.dwell') }), dwells)] : []),
    make('label', { class: 'vt-check' }, shared, make('span', { text: hall.t('video.group_shared') })),
    make('div', { class: 'vt-row' }, said, close, make('button', { type: 'submit', class: 'vt-act primary', text: hall.t('video.save') })));
  const dialog = make('dialog', { class: 'vt-dialog', 'aria-label': hall.t(`video.save_${kind}`) }, make('h2', { text: hall.t(`video.save_${kind}`) }), form);
  const release = hall.keys.onEscape(() => dialog.close());
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => {
    release();
    dialog.remove();
  };
  close.onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await api.saveSet({ kind, name: input.value.trim(), tiles, dwell_s: Number(dwells.value) || dwell, camera_ids: cameras.map(({ id }) => id), shared: shared.checked });
      dialog.close();
      hall.notice(hall.t('video.group_saved', { name: input.value.trim() }), { seconds: 4, key: 'group' });
      onSaved();
    } catch (error) {
      said.textContent = api.told(error);
    }
  };
  host.append(dialog);
  dialog.showModal();
  input.focus();
}

/** Show the groups and patrols that the reader may use; the one that is chosen is given to `onChosen`. */
export async function chooseGroup(host, onChosen) {
  const list = make('div', { class: 'vt-groups' }, make('p', { class: 'vt-said', role: 'status', text: hall.t('video.groups_loading') }));
  const close = make('button', { type: 'button', class: 'vt-act', text: hall.t('video.cancel') });
  const dialog = make('dialog', { class: 'vt-dialog', 'aria-label': hall.t('video.open_group') }, make('h2', { text: hall.t('video.open_group') }), list, close);
  const release = hall.keys.onEscape(() => dialog.close());
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => {
    release();
    dialog.remove();
  };
  close.onclick = () => dialog.close();
  host.append(dialog);
  dialog.showModal();
  const entry = (set) => {
    const node = make('button', { type: 'button', class: 'vt-group' }, make('span', { html: hall.icon(set.kind === 'patrol' ? 'route' : 'folder', 14) }),
      make('b', { text: set.name }), make('small', { text: hall.t('video.channels', { n: set.camera_ids.length }) }));
    node.onclick = () => {
      dialog.close();
      onChosen(set);
    };
    return node;
  };
  try {
    const sets = (await Promise.all(['group', 'patrol'].map((kind) => api.sets(kind)))).flat().filter(({ camera_ids: ids }) => ids.length);
    list.replaceChildren(...(sets.length ? sets.map(entry) : [make('p', { class: 'vt-said', text: hall.t('video.groups_none') })]));
  } catch (error) {
    list.replaceChildren(make('p', { class: 'vt-said', text: api.told(error) }));
  }
}
