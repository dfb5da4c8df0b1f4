/* My account > API tokens. A token is shown once, in the window of the manual. */
import './account.css';
import { useState } from 'preact/hooks';
import { P, call, who } from '../../api';
import { useLoaded } from '../../loading';
import type { Token } from '../../model';
import { Confirm, Empty, Head, Loading, Time, Trouble } from '../../parts';
import { t } from '../../texts';
import { Generate, roleName } from './generate';
import { Session } from './session';
import { microsOf } from './times';

interface Listed extends Token { expiresIn?: number; warnings?: string[] }

const SOON = 14; /* days */
const isOver = (x: Listed) => x.revoked || (x.expiresIn !== undefined && x.expiresIn <= 0);

function State({ token }: { token: Listed }) {
    if (token.revoked) return <span class="status quiet"><i aria-hidden="true" />{t('revoked')}</span>;
    if (token.expiresIn === undefined) return <span>{t('never')}</span>;
    const days = Math.floor(token.expiresIn / 86400);
    if (token.expiresIn <= 0) return <span class="status bad"><i aria-hidden="true" />{t('expired')}</span>;
    if (days < SOON) return <span class="status wait"><i aria-hidden="true" />{days ? t('endsIn', { n: days }) : t('endsToday')}</span>;
    return <Time at={microsOf(token.expiresAt!)} />;
}

function Row({ token, revoke }: { token: Listed; revoke: () => void }) {
    const roles = [t(token.orgRole === 'owner' ? 'orgOwner' : 'orgMember'), roleName(token.serviceRole)].join(' · ');
    return (
        <li class={isOver(token) ? 'row over' : 'row'}><div class="line token-line">
            <span class="what"><strong>{token.name}</strong><small>{roles}</small></span>
            <span class="whom"><small>{t('lastUsed')}</small><span>{token.usedAt ? <Time at={microsOf(token.usedAt)} /> : t('never')}</span></span>
            <span class="whom"><small>{t('created')}</small><Time at={microsOf(token.createdAt)} /></span>
            <span class="whom"><small>{t('expires')}</small><State token={token} /></span>
            <span>{!isOver(token) && <button type="button" class="plain bad" onClick={revoke} aria-label={`${t('revoke')}: ${token.name}`}>{t('revoke')}</button>}</span>
            {!isOver(token) && token.warnings?.map((says) => <p class="notice" key={says}>{says}</p>)}
        </div></li>
    );
}

/* The tokens of oneself, or of a service user. */
export function TokenList({ user }: { user?: string }) {
    const { data, problem, reload } = useLoaded<Listed[]>(`tokens ${user ?? ''}`, ['tokens'],
        async (s) => (await call<{ tokens: Listed[] }>('GET', `${P}/tokens${user ? `?user=${encodeURIComponent(user)}` : ''}`, undefined, s)).tokens);
    const [gone, revoke] = useState<Listed | null>(null), [old, showOld] = useState(false);
    const alive = data?.filter((x) => !isOver(x)) ?? [], over = data?.filter(isOver) ?? [];
    const rows = (all: Listed[]) => <ul class="rows">{all.map((x) => <Row key={x.id} token={x} revoke={() => revoke(x)} />)}</ul>;
    return (
        <>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !alive.length && <Empty title={t('noTokens')} hint={t('tokensHint')} />}
            {alive.length > 0 && rows(alive)}
            {over.length > 0 && <details onToggle={(e) => showOld(e.currentTarget.open)}><summary>{t('showRevoked', { n: over.length })}</summary>{old && rows(over)}</details>}
            {gone && <Confirm title={t('revokeAsk', { name: gone.name })} hint={t('revokeHint')} word={t('revoke')} close={() => { revoke(null); reload(); }} act={() => call('DELETE', `${P}/tokens/${gone.id}`)} />}
        </>
    );
}

export default function Tokens() {
    const [making, make] = useState(false);
    return (
        <>
            <Head title={t('apiTokens')}><button type="button" class="primary" onClick={() => make(true)}>{t('generateToken')}</button></Head>
            <p class="faint">{t('tokensHint')}</p>
            <TokenList key={who.value?.name} />
            <Session />
            {making && <Generate close={() => make(false)} />}
        </>
    );
}
