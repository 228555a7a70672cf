package dev.woodpecker.runtime.toolchain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sources that are compiled together, all with the same options. */
record TranslationUnit(CodeOptions options, Map<ContentKey, Source> sources) {
    /**
     * Shares {@code sources} out into at most {@code units} units for each kind of options, the lengths of their texts
     * about equal.
     */
    static List<TranslationUnit> share(Map<ContentKey, Source> sources, int units) {
        Map<CodeOptions, List<Map.Entry<ContentKey, Source>>> byOptions = new LinkedHashMap<>();
        sources.entrySet()
                .forEach(entry -> byOptions
                        .computeIfAbsent(entry.getValue().options(), _ -> new ArrayList<>())
                        .add(entry));
        List<TranslationUnit> result = new ArrayList<>();
        byOptions.forEach((options, entries) -> result.addAll(share(options, entries, units)));
        return result;
    }

    private static List<TranslationUnit> share(
            CodeOptions options, List<Map.Entry<ContentKey, Source>> entries, int units) {
        int count = Math.min(units, entries.size());
        List<TranslationUnit> shares = new ArrayList<>();
        long[] filled = new long[count];
        for (int i = 0; i < count; i++) {
            shares.add(new TranslationUnit(options, new LinkedHashMap<>()));
        }
        List<Map.Entry<ContentKey, Source>> longestFirst = new ArrayList<>(entries);
        longestFirst.sort(Comparator.comparingInt(entry -> -length(entry.getValue())));
        for (Map.Entry<ContentKey, Source> entry : longestFirst) {
            int least = 0;
            for (int i = 1; i < count; i++) {
                least = filled[i] < filled[least] ? i : least;
            }
            filled[least] += length(entry.getValue());
            shares.get(least).sources.put(entry.getKey(), entry.getValue());
        }
        return shares;
    }

    private static int length(Source source) {
        return source.text().length();
    }

    /** One unit for each source. */
    List<TranslationUnit> alone() {
        return sources.entrySet().stream()
                .map(entry -> new TranslationUnit(options, Map.of(entry.getKey(), entry.getValue())))
                .toList();
    }

    /** The C text: each source between the definitions that give its functions names of their own. */
    String text() {
        StringBuilder text = new StringBuilder();
        sources.forEach((key, source) -> {
            source.symbols()
                    .forEach(symbol -> text.append("#define ")
                            .append(symbol)
                            .append(' ')
                            .append(SharedLibrary.exported(symbol, key))
                            .append('\n'));
            text.append(source.text());
            if (!source.text().endsWith("\n")) {
                text.append('\n');
            }
            source.symbols()
                    .forEach(symbol -> text.append("#undef ").append(symbol).append('\n'));
        });
        return text.toString();
    }
}
