"""The functions of Terraform and OpenTofu: which give the same answer whenever they are given the same arguments."""

# The standard library as far as a call depends on its arguments alone. A function that is not here is not trusted.
PURE = frozenset(
    {
        "abs", "alltrue", "anytrue", "base64decode", "base64encode", "base64gunzip", "base64gzip", "base64sha256",
        "base64sha512", "basename", "can", "ceil", "chomp", "chunklist", "cidrcontains", "cidrhost", "cidrnetmask",
        "cidrsubnet", "cidrsubnets", "coalesce", "coalescelist", "compact", "concat", "contains", "csvdecode", "dirname",
        "distinct", "element", "endswith", "flatten", "floor", "format", "formatdate", "formatlist", "indent", "index",
        "issensitive", "join", "jsondecode", "jsonencode", "keys", "length", "log", "lookup", "lower", "matchkeys", "max",
        "md5", "merge", "min", "nonsensitive", "one", "parseint", "pow", "range", "regex", "regexall", "replace", "reverse",
        "rsadecrypt", "sensitive", "setintersection", "setproduct", "setsubtract", "setunion", "sha1", "sha256", "sha512",
        "signum", "slice", "sort", "split", "startswith", "strcontains", "strrev", "substr", "sum", "textdecodebase64",
        "textencodebase64", "timeadd", "timecmp", "title", "tobool", "tolist", "tomap", "tonumber", "toset", "tostring",
        "transpose", "trim", "trimprefix", "trimspace", "trimsuffix", "try", "upper", "urldecode", "urlencode", "uuidv5",
        "values", "yamldecode", "yamlencode", "zipmap",
    }
)  # fmt: skip
# In the type of a variable, which is written like a call.
TYPES = frozenset({"list", "map", "object", "optional", "set", "tuple"})
# The answers of these depend on more; the comment says on what. They are looked for in all texts, comments too.
IMPURE = frozenset(
    {
        "bcrypt",  # a random salt
        "ephemeralasnull",  # values that exist while planning only
        "plantimestamp", "timestamp",  # the time
        "templatestring",  # code that is made while planning
        "uuid",  # chance
        "abspath",  # the working directory
        "pathexpand",  # the home directory
    }
)  # fmt: skip
