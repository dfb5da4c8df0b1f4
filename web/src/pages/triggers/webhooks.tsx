/* Docker webhooks as cards. */
import './triggers.css';
import { useState } from 'preact/hooks';
import { P, call, filterOf } from '../../api';
import { shownText, useList } from '../../listing';
import type { Webhook } from '../../model';
import { Choice, Confirm, Empty, Head, Loading, Text, Trouble } from '../../parts';
import { mayDevelopIn, projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { WebhookCard } from './card';
import { Checks } from './checks';
import { WebhookForm } from './form';
import { Saved } from './saved';

type Opened = { form: Webhook | null; clone?: boolean } | { checks: Webhook } | { remove: Webhook } | { rotate: Webhook } | { saved: Webhook } | null;

function Filters({ search, project, enabled, shown }: { search: string; project: string; enabled: string; shown: string }) {
    return (
        <div class="filters" role="search">
            <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
            <Choice aria-label={t('status')} value={enabled} set={(v) => setQuery('enabled', v)} options={[['', `${t('status')}: ${t('all')}`], ['true', t('enabled')], ['false', t('disabled')]]} />
            {projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
            <span class="faint count" aria-live="polite">{shown}</span>
        </div>
    );
}

/* The window that is open over the cards. */
function Window({ opened, open, reload }: { opened: Exclude<Opened, null>; open: (what: Opened) => void; reload: () => void }) {
    const close = () => { open(null); reload(); };
    if ('form' in opened) return <WebhookForm old={opened.form} clone={opened.clone} close={(saved) => { reload(); open(saved ? { saved } : null); }} />;
    if ('saved' in opened) return <Saved webhook={opened.saved} close={close} />;
    if ('checks' in opened) return <Checks webhook={opened.checks} close={close} />;
    if ('rotate' in opened) return <Confirm title={t('rotateAsk', { name: opened.rotate.name })} hint={t('rotateHint')} word={t('rotate')} close={close} act={() => call('POST', `${P}/registry-webhooks/${opened.rotate.id}?action=rotate`, {})} />;
    return <Confirm title={t('deleteWebhook', { name: opened.remove.name })} hint={t('deleteWebhookHint')} word={t('remove')} close={close} act={() => call('DELETE', `${P}/registry-webhooks/${opened.remove.id}`)} />;
}

export default function Webhooks() {
    const q = query();
    const search = q.get('search') ?? '', project = q.get('project') ?? '', enabled = q.get('enabled') ?? '';
    const { data, problem, reload, more } = useList<Webhook>('/registry-webhooks', { $orderby: 'name asc', $filter: filterOf({ project, enabled }), search }, ['webhooks', 'events', 'deliveries']);
    const [opened, open] = useState<Opened>(q.get('new') ? { form: null } : null);
    const create = mayDevelopIn().length ? <button type="button" class="primary" onClick={() => open({ form: null })}>{t('newWebhook')}</button> : null;
    const filtered = search || project || enabled;
    return (
        <>
            <Head title={t('webhooks')}>{(data?.rows.length || filtered) ? create : null}</Head>
            <Filters search={search} project={project} enabled={enabled} shown={data ? shownText(data) : ''} />
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noWebhooks')} hint={t(filtered ? 'nothingFitsHint' : 'noWebhooksHint')}>{!filtered && create}</Empty>}
            {data && data.rows.length > 0 && <ul class="cards">{data.rows.map((w) => <WebhookCard key={w.id} webhook={w} edit={() => open({ form: w })} clone={() => open({ form: w, clone: true })}
                remove={() => open({ remove: w })} check={() => open({ checks: w })} rotate={() => open({ rotate: w })} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {opened && <Window opened={opened} open={open} reload={reload} />}
        </>
    );
}
