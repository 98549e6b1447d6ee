"""Where rows come from: files, the hub, the web, earlier versions, people's decisions."""
