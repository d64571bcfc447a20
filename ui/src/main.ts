import './lib/locale-fix';
import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { connect } from './lib/backend';
import { fetchTexts } from './lib/words/say';

await Promise.all([connect(), fetchTexts()]);
mount(App, { target: document.getElementById('app')! });
