/* When runs of a project may begin: its change windows and its freezes. */
import { useState } from 'preact/hooks';
import { P, call, list, may } from '../../api';
import { useLoaded } from '../../loading';
import type { Freeze, Project } from '../../model';
import { Confirm, Dialog, Empty, Field, Loading, Menu, Text, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { type Window, WindowRows, Zones, ownZone, windowText } from '../../windows';

function WindowsForm({ of, close }: { of: Project; close: () => void }) {
    const [windows, set] = useState<Window[]>(of.windows ?? []);
    const { busy, problem, run } = useAction();
    const save = () => run(async () => { await call('PATCH', `${P}/projects/${of.id}`, { windows }); close(); });
    const wrong = (at: number, field: string) => (problem?.field === `/windows/${at}/${field}` ? problem.message : '');
    return (
        <Dialog wide title={t('windowsOf', { name: of.name })} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                <p class="faint">{t('windowsHint')}</p>
                <WindowRows pipelines of={windows} set={set} wrong={wrong} />
                {!problem?.field?.startsWith('/windows/') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}

const names = (text: string) => text.split(',').map((name) => name.trim()).filter(Boolean);

function FreezeForm({ project, old, close }: { project: string; old: Freeze | null; close: () => void }) {
    const [d, setDraft] = useState({ name: old?.name ?? '', description: old?.description ?? '', from: old?.from ?? '', to: old?.to ?? '', timeZone: old?.timeZone ?? ownZone(), pipelines: (old?.pipelines ?? []).join(', '), tags: (old?.tags ?? []).join(', ') });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/freezes${old ? `/${old.id}` : ''}`, { ...d, project, name: d.name.trim(), pipelines: names(d.pipelines), tags: names(d.tags) });
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newFreeze')} close={close}>
            <form onSubmit={(e) => { e.preventDefault(); save(); }}>
                <Zones />
                <Field label={t('name')} hint={t('freezeNameHint')} wrong={wrong('name')}><Text required autoFocus={!old} value={d.name} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <div class="pair">
                    <Field label={t('windowFrom')} wrong={wrong('from')}><Text required type="datetime-local" value={d.from} set={(from) => set({ from })} /></Field>
                    <Field label={t('windowTo')} wrong={wrong('to')}><Text required type="datetime-local" value={d.to} set={(to) => set({ to })} /></Field>
                </div>
                <Field label={t('timeZone')} wrong={wrong('timeZone')}><Text required list="zones" value={d.timeZone} set={(timeZone) => set({ timeZone })} /></Field>
                <div class="pair">
                    <Field label={t('freezePipelines')} hint={t('freezeForHint')} wrong={wrong('pipelines')}><Text value={d.pipelines} placeholder={t('all')} set={(pipelines) => set({ pipelines })} /></Field>
                    <Field label={t('freezeTags')} wrong={wrong('tags')}><Text value={d.tags} placeholder="production" set={(tags) => set({ tags })} /></Field>
                </div>
                {!['name', 'from', 'to', 'timeZone', 'pipelines', 'tags'].includes(problem?.field ?? '') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}

const STATES = { ACTIVE: 'freezeActive', COMING: 'freezeComing', OVER: 'freezeOver' } as const;

function FreezeRow({ of, edit, remove }: { of: Freeze; edit: () => void; remove: () => void }) {
    const whom = [...of.pipelines, ...of.tags.map((tag) => `#${tag}`)].join(', ');
    return (
        <li class="row"><div class="line freeze-line">
            <span class="what"><strong>{of.name}</strong><small>{of.description}</small></span>
            <span><span class={`status ${of._state === 'ACTIVE' ? 'wait' : 'quiet'}`}><i aria-hidden="true" />{t(STATES[of._state])}</span></span>
            <span>{of.from.replace('T', ' ')} – {of.to.replace('T', ' ')} <small class="faint">{of.timeZone}</small><br /><small class="faint">{whom || t('allPipelines')}</small></span>
            <span class="ends">{may('manage', of.project) && <Menu label={`${t('moreActions')}: ${of.name}`} items={[{ text: t('edit'), act: edit }, { text: t('remove'), act: remove, bad: true }]} />}</span>
        </div></li>
    );
}

function Freezes({ project }: { project: string }) {
    const filter = `project eq '${project.replace(/'/g, "''")}'`;
    const { data, problem, reload } = useLoaded<Freeze[]>(`freezes ${project}`, ['freezes'], async (s) => (await list<Freeze>('/freezes', { $filter: filter, $orderby: '_endsInMicros desc', $top: 100 }, s)).rows);
    const [edited, edit] = useState<Freeze | 'new' | null>(null), [gone, remove] = useState<Freeze | null>(null);
    const add = may('manage', project) && <button type="button" onClick={() => edit('new')}>{t('newFreeze')}</button>;
    return (
        <>
            <div class="head"><h3>{t('freezes')}</h3>{data && data.length > 0 && add}</div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.length && <Empty title={t('noFreezes')} hint={t('noFreezesHint')}>{add}</Empty>}
            {data && data.length > 0 && <ul class="rows">{data.map((one) => <FreezeRow key={one.id} of={one} edit={() => edit(one)} remove={() => remove(one)} />)}</ul>}
            {edited && <FreezeForm project={project} old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteFreezeHint')} word={t('remove')} close={() => { remove(null); reload(); }} act={() => call('DELETE', `${P}/freezes/${gone.id}`)} />}
        </>
    );
}

export function WhenRunsBegin({ project, reload }: { project: Project; reload: () => void }) {
    const [editing, edit] = useState(false), windows = project.windows ?? [];
    return (
        <section class="stack">
            <div class="head"><h2>{t('whenRunsBegin')}</h2></div>
            <div class="head"><h3>{t('changeWindows')}</h3>{may('manage', project.name) && <button type="button" onClick={() => edit(true)}>{t('edit')}</button>}</div>
            {windows.length > 0 ? <ul class="plain-list">{windows.map((w, i) => <li key={i}>{windowText(w)}</li>)}</ul> : <p class="faint">{t('noWindows')}</p>}
            <Freezes project={project.name} />
            {editing && <WindowsForm of={project} close={() => { edit(false); reload(); }} />}
        </section>
    );
}
