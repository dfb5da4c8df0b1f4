/* The versions of one custom integration: made of its draft, released, withdrawn. */
import { useState } from 'preact/hooks';
import { P, call, list, may } from '../../api';
import { useLoaded } from '../../loading';
import type { Integration } from '../../model';
import { Dialog, Field, Menu, Text, Trouble, useAction } from '../../parts';
import { t, type TextKey } from '../../texts';

const STATUS: Record<string, TextKey> = { NONE: 'versionNone', RELEASED: 'versionReleased', DEPRECATED: 'versionDeprecated' };

export function Versions({ of, close }: { of: Integration; close: () => void }) {
    const base = `/custom-integrations/${of.id}/versions`, mine = may('develop', of.project);
    const { data, problem: unread, reload } = useLoaded(`versions of ${of.id}`, ['custom-integrations'], async (s) => (await list<Integration>(base, { $top: 1000, $orderby: '_createTimeInMicros desc' }, s)).rows);
    const { busy, problem, run } = useAction();
    const [name, setName] = useState(''), [log, setLog] = useState('');
    const ask = (method: string, path: string, body: unknown) => run(async () => { await call(method, `${P}${base}${path}`, body); reload(); });
    const act = (v: Integration, action: string) => () => ask('POST', `/${encodeURIComponent(v.version)}/${action}`, {});
    const make = () => run(async () => {
        await call('POST', `${P}${base}`, { version: name.trim(), changeLog: log });
        setName('');
        setLog('');
        reload();
    });
    return (
        <Dialog title={t('integrationVersions', { name: of.name })} close={close} wide>
            <Trouble problem={unread ?? problem} />
            {data && !data.length && <p class="faint">{t('noVersions')}</p>}
            {data && data.length > 0 && <ul class="rows">{data.map((v) => (
                <li key={v.id} class="row"><div class="line version-line">
                    <span class="what"><strong>{v.version}</strong><small>{v.changeLog}</small></span>
                    <span><span class="chip">{t(STATUS[v.status] ?? 'versionNone')}</span>{v.latest && <span class="chip">{t('versionLatest')}</span>}</span>
                    {mine && <Menu label={`${t('moreActions')}: ${v.version}`} items={[
                        v.status === 'NONE' && { text: t('releaseVersion'), act: act(v, 'release') },
                        v.status === 'RELEASED' && !v.latest && { text: t('setLatest'), act: () => ask('PATCH', `/${encodeURIComponent(v.version)}`, { setLatest: true }) },
                        v.status === 'RELEASED' && { text: t('deprecateVersion'), act: act(v, 'deprecate') },
                        v.status === 'RELEASED' && { text: t('withdrawVersion'), act: act(v, 'withdraw') },
                        { text: t('restoreVersion'), act: act(v, 'restore') },
                        v.status !== 'RELEASED' && { text: t('remove'), act: () => ask('DELETE', `/${encodeURIComponent(v.version)}`, undefined), bad: true },
                    ]} />}
                </div></li>))}</ul>}
            {mine && <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); make(); }}>
                <div class="pair"><Field label={t('newVersion')}><Text required placeholder="v1" value={name} set={setName} /></Field><Field label={t('changeLogField')}><Text value={log} set={setLog} /></Field></div>
                <footer><button type="button" onClick={close}>{t('close')}</button><button class="primary" disabled={busy}>{t('makeVersion')}</button></footer>
            </form>}
        </Dialog>
    );
}
