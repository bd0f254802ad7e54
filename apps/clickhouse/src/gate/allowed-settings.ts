/** A setting as the engine describes it. */
export interface SettingType {
  name: string;
  type: string;
}

/** Families of settings that change how a query is computed, read from rows or written as text. */
const FAMILIES =
  /^(?:aggregat|analyze|any_join|apply_|asterisk_|calculate_|cast_|collect_|compile_|convert_|correlated_|count_|cross_|data_type_|date_time_|decimal_|deduplicate_|describe_|distinct_|empty_result|enable_|enum_|exact_rows|except_|extremes$|final$|flatten_|format_|formatdatetime_|function_|functions_|geo_|grace_|group_by_|hnsw_|input_format_|insert_|interval_|join_|joined_|lightweight_|limit$|low_cardinality_|max_|merge_tree_|min_|mutations_|non_replicated_|normalize_|number_|offset$|optimize_|output_format_|parallelize_|partial_|prefer_|preferred_|priority$|query_|read_overflow|regexp_|result_|rewrite_|rows_before|select_|set_overflow|short_circuit|show_|single_join|sort_|temporary_|timeout_|totals_|transfer_|transform_|union_|use_|validate_|variant_|wait_|index_granularity)/;

/** Words in names of settings that lead out of the engine, lift what holds queries in, or make SQL out of texts. */
const OUTSIDE =
  /(?:^|_)(?:access|ai|azure|backup|catalog|cluster|deduce_templates_of_expressions|dialect|disk|disks|distributed|file|files|filesystem|hdfs|hive|http|iceberg|interpret_expressions|kafka|keeper|lake|log|logs|named_collection|nats|odbc|parallel_replicas|parallel_reading|path|postgresql|profile|profiler|proto|python|read_only|readonly|remote|replica|replicas|restore|s3|schema|secrets|template|url|user|users|zookeeper)(?:_|$)/;

/** Settings whose value is text, each looked at: a token, a codec, a separator, how a value is written. */
const TEXTS = new Set([
  'bool_false_representation',
  'bool_true_representation',
  'count_distinct_implementation',
  'default_compression_codec',
  'force_data_skipping_indices',
  'format_csv_null_representation',
  'format_custom_field_delimiter',
  'format_custom_result_after_delimiter',
  'format_custom_result_before_delimiter',
  'format_custom_row_after_delimiter',
  'format_custom_row_before_delimiter',
  'format_custom_row_between_delimiter',
  'format_json_object_each_row_column_for_object_name',
  'format_regexp',
  'format_tsv_null_representation',
  'ignore_data_skipping_indices',
  'insert_deduplication_token',
  'output_format_pretty_grid_charset',
  'output_format_sql_insert_table_name',
  'query_cache_tag',
  'session_timezone',
]);

/** Settings beside the families that clients send. */
const SINGLE = new Set(['connect_timeout', 'receive_timeout', 'send_timeout', 'final', 'session_timezone']);

const TEXT_TYPES = new Set(['String', 'Map', 'URI', 'Timezone']);

/** Names of the settings that a caller may change, of those that the engine has. */
export function allowedSettings(settings: readonly SettingType[]): ReadonlySet<string> {
  return new Set(settings.filter(isAllowed).map(({ name }) => name));
}

function isAllowed({ name, type }: SettingType): boolean {
  if (TEXTS.has(name)) return true;
  return !TEXT_TYPES.has(type) && (SINGLE.has(name) || (FAMILIES.test(name) && !OUTSIDE.test(name)));
}
