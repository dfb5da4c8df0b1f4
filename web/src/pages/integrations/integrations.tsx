/* Custom integrations: code that tasks of type Custom run. */
import './integrations.css';
import { useState } from 'preact/hooks';
import { P, call, may } from '../../api';
import { shownText, useList } from '../../listing';
import type { Integration } from '../../model';
import { Confirm, Empty, Head, Loading, Menu, Text, Trouble } from '../../parts';
import { mayDevelopIn } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { IntegrationForm } from './form';
import { Versions } from './versions';

interface RowProps { of: Integration; edit: () => void; versions: () => void; remove: () => void }

function Row({ of: one, edit, versions, remove }: RowProps) {
    const runtime = /^runtime:\s*["']?(\w+)/m.exec(one.yaml)?.[1] ?? '';
    return (
        <li class="row"><div class="line integration-line">
            <span class="what"><strong>{one.name}</strong><small>{one.description}</small></span>
            <span>{runtime && <span class="chip">{runtime}</span>}{one.sourceVersion && <span class="chip">{one.sourceVersion}</span>}</span>
            <span class="whom"><small>{one.project}</small></span>
            <span class="ends"><button type="button" class="plain" onClick={versions}>{t('versions')}</button>
                {may('develop', one.project) && <Menu label={`${t('moreActions')}: ${one.name}`} items={[{ text: t('edit'), act: edit }, { text: t('remove'), act: remove, bad: true }]} />}</span>
        </div></li>
    );
}

export default function Integrations() {
    const search = query().get('search') ?? '';
    const { data, problem, reload, more } = useList<Integration>('/custom-integrations', { $orderby: 'name asc', search }, ['custom-integrations']);
    const [edited, edit] = useState<Integration | 'new' | null>(null);
    const [gone, remove] = useState<Integration | null>(null), [shown, show] = useState<Integration | null>(null);
    const create = mayDevelopIn().length ? <button type="button" class="primary" onClick={() => edit('new')}>{t('newIntegration')}</button> : null;
    return (
        <>
            <Head title={t('integrations')}>{data?.rows.length || search ? create : null}</Head>
            {(search || (data && data.rows.length > 0)) && <div class="filters" role="search"><Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <span class="faint count" aria-live="polite">{data ? shownText(data) : ''}</span></div>}
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(search ? 'nothingFits' : 'noIntegrations')} hint={t(search ? 'nothingFitsHint' : 'noIntegrationsHint')}>{!search && create}</Empty>}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((one) => <Row key={one.id} of={one} edit={() => edit(one)} versions={() => show(one)} remove={() => remove(one)} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {edited && <IntegrationForm old={edited === 'new' ? null : edited} close={() => { edit(null); reload(); }} />}
            {shown && <Versions of={shown} close={() => { show(null); reload(); }} />}
            {gone && <Confirm title={t('deleteAsk', { name: gone.name })} hint={t('deleteIntegrationHint')} word={t('remove')} close={() => remove(null)} act={() => call('DELETE', `${P}/custom-integrations/${gone.id}`)} />}
        </>
    );
}
