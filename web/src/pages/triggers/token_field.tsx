/* The API token of a webhook: pasted, generated in its window, or kept in a variable. */
import { useState } from 'preact/hooks';
import { P, call } from '../../api';
import { Field, Text, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { Generate } from '../account/generate';

interface Props { project: string; name: string; value: string; set: (value: string) => void; kept: boolean; wrong: string }

const variableName = (name: string) => `${name.replace(/[^A-Za-z0-9_]+/g, '_') || 'webhook'}_token`;

export function TokenField({ project, name, value, set, kept, wrong }: Props) {
    const { busy, problem, run } = useAction();
    const [generating, generate] = useState(false), [said, say] = useState('');
    const reference = value.startsWith('${');
    const createVariable = () => run(async () => {
        const made = variableName(name);
        await call('POST', `${P}/variables`, { project, name: made, type: 'SECRET', value, description: t('tokenVariable', { name }) });
        set('${var.' + made + '}');
        say(t('tokenInVariable', { name: made }));
    });
    return (
        <>
            <Field label={t('apiToken')} hint={said || t('apiTokenHint')} wrong={wrong}>
                <span class="joined"><Text type={reference ? 'text' : 'password'} autoComplete="off" required={!kept} value={value} placeholder={kept ? t('unchanged') : ''} set={(v) => { set(v); say(''); }} />
                    <button type="button" onClick={() => generate(true)}>{t('generateToken')}</button>
                    {value && !reference && <button type="button" disabled={busy} onClick={createVariable}>{t('createVariable')}</button>}</span></Field>
            <Trouble problem={problem} />
            {generating && <Generate name={`webhook ${name}`.trim()} made={(token) => { set(token); say(t('useToken')); }} close={() => generate(false)} />}
        </>
    );
}
