package dev.woodpecker.runtime.records;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** The records that come with jars on the class path: {@code META-INF/woodpecker/records/*.jsonl}. */
final class ShippedRecords {
    private static final String FOLDER = "META-INF/woodpecker/records/";
    private static final String SUFFIX = ".jsonl";

    private ShippedRecords() {}

    static List<TuningRecord> of(ClassLoader loader) {
        List<TuningRecord> records = new ArrayList<>();
        try {
            for (URL folder : Collections.list(loader.getResources(FOLDER))) {
                for (URL file : files(folder)) {
                    try (InputStreamReader reader =
                            new InputStreamReader(file.openStream(), StandardCharsets.ISO_8859_1)) {
                        records.addAll(RecordFile.read(reader, file.toString()));
                    }
                }
            }
        } catch (IOException | URISyntaxException e) {
            throw new UncheckedIOException("the records on the class path cannot be read", new IOException(e));
        }
        return records;
    }

    private static List<URL> files(URL folder) throws IOException, URISyntaxException {
        List<URL> files = new ArrayList<>();
        if (folder.openConnection() instanceof JarURLConnection jar) {
            for (String name : jar.getJarFile().stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith(FOLDER) && name.endsWith(SUFFIX))
                    .sorted()
                    .toList()) {
                files.add(URI.create(folder + name.substring(FOLDER.length())).toURL());
            }
            return files;
        }
        try (Stream<Path> list = Files.list(Path.of(folder.toURI()))) {
            for (Path path :
                    list.filter(p -> p.toString().endsWith(SUFFIX)).sorted().toList()) {
                files.add(path.toUri().toURL());
            }
        }
        return files;
    }
}
