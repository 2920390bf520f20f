// What biome does not see: the layers, promises left floating, awaits that wait for nothing.
import tseslint from 'typescript-eslint';
import layers from './layers.config.js';

export default tseslint.config({ ignores: ['test/clients/.generated/**', 'dist/**'] }, ...layers, {
  files: [
    'src/**/*.ts',
    'test/**/*.ts',
    'bench/**/*.ts',
    'torture/**/*.ts',
    'demo/**/*.ts',
    'scripts/**/*.ts',
    'console/**/*.ts',
  ],
  plugins: { '@typescript-eslint': tseslint.plugin },
  languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/return-await': ['error', 'in-try-catch'],
    '@typescript-eslint/only-throw-error': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  },
});
