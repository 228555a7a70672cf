package dev.woodpecker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Ed25519 keys from files in the form that openssl writes. */
final class PemKeys {
    private static final String ALGORITHM = "Ed25519";

    private PemKeys() {}

    static PrivateKey privateKey(CommandLine command, Path file) {
        byte[] content = content(command, file, "PRIVATE KEY");
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(content));
        } catch (GeneralSecurityException e) {
            throw wrong(command, file, "PRIVATE KEY");
        }
    }

    static PublicKey publicKey(CommandLine command, Path file) {
        byte[] content = content(command, file, "PUBLIC KEY");
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(content));
        } catch (GeneralSecurityException e) {
            throw wrong(command, file, "PUBLIC KEY");
        }
    }

    private static byte[] content(CommandLine command, Path file, String label) {
        try {
            Matcher match = Pattern.compile(
                            "-----BEGIN " + label + "-----([A-Za-z0-9+/=\\s]+)-----END " + label + "-----")
                    .matcher(Files.readString(file));
            if (match.find()) {
                return Base64.getMimeDecoder().decode(match.group(1));
            }
        } catch (IOException e) {
            throw new ParameterException(command, "the key " + file + " cannot be read", e);
        }
        throw wrong(command, file, label);
    }

    private static ParameterException wrong(CommandLine command, Path file, String label) {
        return new ParameterException(
                command,
                file + " has no Ed25519 key between lines -----BEGIN " + label + "----- and -----END " + label
                        + "-----");
    }
}
