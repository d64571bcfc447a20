// The page behind the one-time link: keeps the studio's key where only pages of this very address can read it, and goes on
// once this page is there in full: a request that is left half read counts as failed.
localStorage.setItem('tunesmith-key', document.body.dataset.key);
addEventListener('load', () => location.replace('/'));
