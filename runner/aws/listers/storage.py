"""Buckets, tables, databases, caches, file systems."""

from runner.aws.listers.lister import Call, Lister
from runner.model.inventory.left_out import Reason

# Clusters and instances of RDS, DocumentDB and Neptune come in the same answer.
_CLUSTERS = Call("rds", "DescribeDBClusters")
_INSTANCES = Call("rds", "DescribeDBInstances")
_OTHER_ENGINES = "contains(['docdb', 'neptune'], Engine)"


def _cluster(name: str, condition: str) -> Lister:
    return Lister(
        name,
        _CLUSTERS,
        f"DBClusters[?{condition}]",
        name="DBClusterIdentifier",
        arn="DBClusterArn",
        created="ClusterCreateTime",
        tags="TagList",
    )


def _instance(name: str, condition: str) -> Lister:
    return Lister(
        name,
        _INSTANCES,
        f"DBInstances[?{condition}]",
        name="DBInstanceIdentifier",
        arn="DBInstanceArn",
        created="InstanceCreateTime",
        tags="TagList",
        # The instances of a Multi-AZ cluster that is not Aurora's are made with it.
        owners=((Reason.PART_OF, "contains(['mysql', 'postgres'], Engine) && DBClusterIdentifier"),),
    )


STORAGE = (
    Lister(
        "aws_s3_bucket",
        Call("s3", "ListBuckets", {"MaxBuckets": 1000}),
        "Buckets",
        name="Name",
        arn="arn:{partition}:s3:::{name}",
        created="CreationDate",
        region="BucketRegion",
        everywhere=True,
    ),
    Lister(
        "aws_dynamodb_table",
        Call("dynamodb", "ListTables"),
        "TableNames",
        name="@",
        arn="arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    ),
    _cluster("aws_rds_cluster", f"!{_OTHER_ENGINES}"),
    _cluster("aws_docdb_cluster", "Engine == 'docdb'"),
    _cluster("aws_neptune_cluster", "Engine == 'neptune'"),
    _instance("aws_db_instance", f"!{_OTHER_ENGINES} && !starts_with(Engine, 'aurora')"),
    _instance("aws_rds_cluster_instance", "starts_with(Engine, 'aurora')"),
    _instance("aws_docdb_cluster_instance", "Engine == 'docdb'"),
    _instance("aws_neptune_cluster_instance", "Engine == 'neptune'"),
    Lister(
        "aws_db_subnet_group",
        Call("rds", "DescribeDBSubnetGroups"),
        "DBSubnetGroups",
        name="DBSubnetGroupName",
        arn="DBSubnetGroupArn",
        owners=((Reason.AWS_MANAGED, "DBSubnetGroupName == 'default'"),),
    ),
    Lister(
        "aws_db_parameter_group",
        Call("rds", "DescribeDBParameterGroups"),
        "DBParameterGroups",
        name="DBParameterGroupName",
        arn="DBParameterGroupArn",
        owners=((Reason.AWS_MANAGED, "starts_with(DBParameterGroupName, 'default.')"),),
    ),
    Lister(
        "aws_elasticache_replication_group",
        Call("elasticache", "DescribeReplicationGroups"),
        "ReplicationGroups",
        name="ReplicationGroupId",
        arn="ARN",
        created="ReplicationGroupCreateTime",
    ),
    Lister(
        "aws_elasticache_cluster",
        Call("elasticache", "DescribeCacheClusters"),
        "CacheClusters",
        name="CacheClusterId",
        arn="ARN",
        created="CacheClusterCreateTime",
        owners=((Reason.PART_OF, "ReplicationGroupId"),),
    ),
    Lister(
        "aws_elasticache_subnet_group",
        Call("elasticache", "DescribeCacheSubnetGroups"),
        "CacheSubnetGroups",
        name="CacheSubnetGroupName",
        arn="ARN",
        owners=((Reason.AWS_MANAGED, "CacheSubnetGroupName == 'default'"),),
    ),
    Lister(
        "aws_redshift_cluster",
        Call("redshift", "DescribeClusters"),
        "Clusters",
        name="ClusterIdentifier",
        arn="arn:{partition}:redshift:{region}:{account}:cluster:{name}",
        created="ClusterCreateTime",
        tags="Tags",
    ),
    Lister(
        "aws_opensearch_domain",
        Call("opensearch", "ListDomainNames"),
        "DomainNames",
        name="DomainName",
        arn="arn:{partition}:es:{region}:{account}:domain/{name}",
    ),
    Lister(
        "aws_efs_file_system",
        Call("efs", "DescribeFileSystems"),
        "FileSystems",
        name="FileSystemId",
        arn="FileSystemArn",
        created="CreationTime",
        tags="Tags",
        account="OwnerId",
    ),
    Lister(
        "aws_backup_vault",
        Call("backup", "ListBackupVaults"),
        "BackupVaultList",
        name="BackupVaultName",
        arn="BackupVaultArn",
        created="CreationDate",
        owners=(
            (Reason.AWS_MANAGED, "BackupVaultName == 'Default'"),
            (Reason.AWS_MANAGED, "starts_with(BackupVaultName, 'aws/')"),
        ),
    ),
)
