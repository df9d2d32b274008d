//! Manifests to start from. Their texts lie in `templates/` and are fetched when one is chosen.

/// A manifest to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// A web server behind a headless Service.
    Web,
    /// A Redis Cluster of three shards.
    RedisCluster,
    /// A MySQL primary with replicas.
    Mysql,
    /// Three servers that vote.
    Zookeeper,
}

impl Template {
    /// Every template, simplest first.
    pub const ALL: [Template; 4] =
        [Template::Web, Template::RedisCluster, Template::Mysql, Template::Zookeeper];

    /// The name of its file, there and in the editor.
    pub fn file(self) -> &'static str {
        match self {
            Template::Web => "web.yaml",
            Template::RedisCluster => "redis-cluster.yaml",
            Template::Mysql => "mysql.yaml",
            Template::Zookeeper => "zookeeper.yaml",
        }
    }
}
