import { Head } from '../../parts';
import { t } from '../../texts';

export default function About() {
    return <Head title={t('settings')} />;
}
