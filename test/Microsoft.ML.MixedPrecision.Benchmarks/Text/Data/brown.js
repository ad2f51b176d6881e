// Writes brown.tsv: node brown.js FOLDER CORPUS. See brown.sh.
'use strict';
const fs = require('fs');
const path = require('path');

const [folder, corpus] = process.argv.slice(2);

// A tag without what says that its word is foreign, in a title or headline, or one with the next word's.
const tagOf = text => {
    const tag = text.toLowerCase().replace(/^fw-/, '');
    return tag.startsWith('--') ? '--' : tag.split(/[-+]/)[0] || tag;
};

function sentence(line) {
    const pairs = line.split(/\s+/).filter(text => text !== '').map(text => {
        const slash = text.lastIndexOf('/');
        return [text.slice(0, slash), tagOf(text.slice(slash + 1))];
    });
    return `${pairs.map(pair => pair[1]).join(' ')}\t${pairs.map(pair => pair[0]).join(' ')}`;
}

const lines = fs.readdirSync(corpus).filter(name => /^c[a-r]\d\d$/.test(name)).sort().flatMap(
    name => fs.readFileSync(path.join(corpus, name), 'latin1').split('\n').filter(line => line.trim() !== '').map(sentence));
fs.writeFileSync(path.join(folder, 'brown.tsv'), lines.join('\n') + '\n');
console.error(`brown.tsv: ${lines.length} lines`);
