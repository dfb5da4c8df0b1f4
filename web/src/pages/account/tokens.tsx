/* My account > API tokens. A token is shown once, in the window of the manual. */
import { useState } from 'preact/hooks';
import { P, call } from '../../api';
import { useLoaded } from '../../loading';
import type { Token } from '../../model';
import { Confirm, Head, Loading, Trouble } from '../../parts';
import { t } from '../../texts';
import { Generate } from './generate';

const day = (text: string | undefined) => (text ? text.slice(0, 16) : '–');

export default function Tokens() {
    const { data, problem, reload } = useLoaded<Token[]>('tokens', ['tokens'], async (s) => (await call<{ tokens: Token[] }>('GET', `${P}/tokens`, undefined, s)).tokens);
    const [making, make] = useState(false);
    const [gone, revoke] = useState<Token | null>(null);
    return (
        <>
            <Head title={t('apiTokens')}><button type="button" class="primary" onClick={() => make(true)}>{t('generateToken')}</button></Head>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && <ul class="rows">{data.filter((x) => !x.revoked).map((x) => (
                <li class="row" key={x.id}><div class="line token-line">
                    <span class="what"><strong>{x.name}</strong><small>{[x.orgRole, x.serviceRole].filter(Boolean).join(', ')}</small></span>
                    <span class="whom"><small>{t('lastUsed')}</small><span>{day(x.usedAt)}</span></span>
                    <span class="whom"><small>{t('expires')}</small><span>{x.expiresAt ? day(x.expiresAt) : t('never')}</span></span>
                    <button type="button" class="plain bad" onClick={() => revoke(x)} aria-label={`${t('revoke')}: ${x.name}`}>{t('revoke')}</button>
                </div></li>))}</ul>}
            {making && <Generate close={() => { make(false); reload(); }} />}
            {gone && <Confirm title={t('revokeAsk', { name: gone.name })} hint={t('revokeHint')} word={t('revoke')} close={() => { revoke(null); reload(); }} act={() => call('DELETE', `${P}/tokens/${gone.id}`)} />}
        </>
    );
}
