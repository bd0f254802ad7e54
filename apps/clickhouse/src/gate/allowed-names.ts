/**
 * What statements may use, by name: everything else that the engine knows is refused, so that a newer engine brings nothing
 * in by itself. None of these reads or writes a file, reaches an address, runs a program, or takes SQL as a text, except
 * the table functions that take a structure, whose texts are looked at as SQL.
 */

/** Kinds of functions, as `system.functions` calls them, that compute from their arguments only. */
export const ALLOWED_CATEGORIES = new Set([
  'Arithmetic',
  'Arrays',
  'Bit',
  'Bitmap',
  'Comparison',
  'Conditional',
  'Dates and Times',
  'Distance',
  'Encoding',
  'Encryption',
  'Financial',
  'Geo',
  'Geo Polygon',
  'Hash',
  'IP Address',
  'JSON',
  'Logical',
  'Map',
  'Mathematical',
  'Null',
  'NumericIndexedVector',
  'QBit',
  'Random Number',
  'Rounding',
  'String',
  'String Replacement',
  'String Search',
  'String Splitting',
  'Time Series',
  'Time Window',
  'Tuple',
  'Type Conversion',
  'URL',
  'UUID',
]);

/** Functions of the other kinds, each looked at. */
export const ALLOWED_FUNCTIONS = words(`
  bar blockNumber blockSerializedSize blockSize byteSize caseWithExpression colorOKLABToSRGB colorOKLCHToSRGB
  colorSRGBToOKLAB colorSRGBToOKLCH connectionId countDigits currentDatabase currentProfiles currentQueryID currentRoles
  currentSchemas currentUser authenticatedUser defaultValueOfArgumentType defaultValueOfTypeName digits displayName
  dumpColumnStructure errorCodeToName filesystemAvailable filesystemCapacity filesystemUnreserved finalizeAggregation
  flipCoordinates formatQuery formatQueryOrNull formatQuerySingleLine formatQuerySingleLineOrNull
  formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta FQDN
  generateRandomStructure getSetting getSettingOrDefault getSizeOfEnumType getSubcolumn hasThreadFuzzer
  highlightQuery hostName identity ignore indexHint initialQueryID initialQueryStartTime initializeAggregation
  isConstant isDecimalOverflow lowCardinalityIndices lowCardinalityKeys MACNumToString MACStringToNum MACStringToOUI
  materialize minSampleSizeContinuous minSampleSizeConversion neighbor nested normalizedQueryHash
  normalizedQueryHashKeepNames normalizeQuery normalizeQueryKeepNames parseReadableSize parseReadableSizeOrNull
  parseReadableSizeOrZero parseTimeDelta partitionId queryID revision rowNumberInAllBlocks rowNumberInBlock
  runningAccumulate runningConcurrency runningDifference runningDifferenceStartingWithFirstValue serverUUID sleep
  sleepEachRow throwIf toColumnTypeName tokenizeQuery toTypeName transform uptime variantElement variantType version
  visibleWidth
`);

/** Table functions that make rows from numbers, or read tables of this engine. */
export const ALLOWED_TABLE_FUNCTIONS = words(`
  generateSeries generate_series mergeTreeIndex numbers numbers_mt primes view zeros zeros_mt
`);

/** Table functions whose texts describe columns: SQL, with defaults that are computed. */
export const STRUCTURED_TABLE_FUNCTIONS = words('format generateRandom input null SQLStandardValues values');

/** Engines that keep their tables in the data directory or in memory. */
export const ALLOWED_ENGINES = words(`
  AggregatingMergeTree Atomic Buffer CoalescingMergeTree CollapsingMergeTree GenerateRandom Join Log MaterializedView
  Memory Merge MergeTree Null ReplacingMergeTree Set StripeLog SummingMergeTree TinyLog VersionedCollapsingMergeTree View
`);

function words(text: string): ReadonlySet<string> {
  return new Set(
    text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ''),
  );
}
