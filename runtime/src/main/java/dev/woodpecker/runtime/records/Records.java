package dev.woodpecker.runtime.records;

import dev.woodpecker.runtime.ConfigurationException;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Records to look kernels up in. What an earlier source knows of a kernel goes before what a later one knows, however fast.
 */
public final class Records {
    /** The file in the cache's folder of records that is written and read where none is named. */
    private static final String DEFAULT_FILE = "records.jsonl";

    private final List<Map<RecordKey, List<TuningRecord>>> sources;

    private Records(List<List<TuningRecord>> sources) {
        this.sources = sources.stream().map(Records::byKey).toList();
    }

    private static Map<RecordKey, List<TuningRecord>> byKey(List<TuningRecord> records) {
        Map<RecordKey, List<TuningRecord>> byKey = new HashMap<>();
        records.forEach(record ->
                byKey.computeIfAbsent(record.key(), _ -> new ArrayList<>()).add(record));
        return byKey;
    }

    public static Records none() {
        return new Records(List.of());
    }

    public static Records of(List<TuningRecord> records) {
        return new Records(List.of(records));
    }

    /**
     * The records of some files, then those that come with the class path.
     *
     * @param files all of the same rank
     */
    public static Records of(List<Path> files, boolean withShipped) {
        List<List<TuningRecord>> sources = new ArrayList<>();
        List<TuningRecord> own = new ArrayList<>();
        files.forEach(file -> own.addAll(new RecordFile(file).read()));
        sources.add(own);
        if (withShipped) {
            sources.add(ShippedRecords.of(Records.class.getClassLoader()));
        }
        return new Records(sources);
    }

    /** Those named by {@code WPK_RECORDS}, else the cache's. */
    public static List<Path> files(Environment environment) {
        return environment
                .get("WPK_RECORDS")
                .map(list -> Stream.of(list.split(File.pathSeparator))
                        .filter(entry -> !entry.isBlank())
                        .map(Path::of)
                        .toList())
                .orElseGet(() -> List.of(CacheDirectory.open(environment)
                        .folder(CacheDirectory.Section.RECORDS)
                        .resolve(DEFAULT_FILE)));
    }

    /**
     * The same, where nothing is going to be added to them.
     *
     * @throws ConfigurationException if {@code WPK_RECORDS} names a file that is not there
     */
    public static List<Path> filesToRead(Environment environment) {
        List<Path> files = files(environment);
        if (environment.get("WPK_RECORDS").isPresent()) {
            files.stream().filter(Files::notExists).findFirst().ifPresent(missing -> {
                throw new ConfigurationException("WPK_RECORDS names " + missing
                        + ", which is not there: wpk tune MODEL --records FILE makes one; without WPK_RECORDS the"
                        + " cache's records count");
            });
        }
        return files;
    }

    public boolean isEmpty() {
        return sources.stream().allMatch(Map::isEmpty);
    }

    /** All of a kernel's records, failures too. */
    public List<TuningRecord> all(RecordKey key) {
        return sources.stream()
                .flatMap(source -> source.getOrDefault(key, List.of()).stream())
                .toList();
    }

    /** The timed records of a kernel, the one to follow first. */
    public List<TuningRecord> best(RecordKey key) {
        return sources.stream()
                .flatMap(source -> source.getOrDefault(key, List.of()).stream()
                        .filter(TuningRecord::isOk)
                        .sorted(TuningRecord.BEST_FIRST))
                .toList();
    }

    /** A record of a kernel like another. */
    public record Near(TuningRecord record, double distance) {}

    /** The best record of each of the nearest other keys of a kernel's structure, the nearest first. */
    public List<Near> nearest(RecordKey key, int most) {
        List<Near> near = new ArrayList<>();
        for (Map<RecordKey, List<TuningRecord>> source : sources) {
            source.forEach((other, records) -> {
                OptionalDouble distance = key.distance(other);
                if (!other.equals(key) && distance.isPresent()) {
                    records.stream()
                            .filter(TuningRecord::isOk)
                            .min(TuningRecord.BEST_FIRST)
                            .ifPresent(record -> near.add(new Near(record, distance.getAsDouble())));
                }
            });
        }
        return near.stream()
                .sorted(Comparator.comparingDouble(Near::distance).thenComparing(Near::record, TuningRecord.BEST_FIRST))
                .limit(most)
                .toList();
    }
}
