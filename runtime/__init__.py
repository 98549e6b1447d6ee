"""From a graph to data: operators, models, the engine, the store, versions."""
