"""Resources that get code: `import` blocks, the configuration that terraform generates for them, and what a plan has to show."""
