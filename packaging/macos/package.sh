#!/bin/bash
# Signs dist/Exifact.app and wraps it into a disk image; see README.md beside this file. Not tried yet.
#
#   EXIFACT_SIGN_AS    identity in the keychain: "Developer ID Application: NAME (TEAM)"; "-" signs for this Mac only
#   EXIFACT_NOTARY     profile of `xcrun notarytool store-credentials`; without it nothing is sent to Apple
set -eu
cd "$(dirname -- "$0")/../.."

app=dist/Exifact.app
here=packaging/macos
identity=${EXIFACT_SIGN_AS:--}
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' workstation/__init__.py)
image=dist/exifact-$version-macos-$(uname -m).dmg
[ -d "$app" ] || { echo "package.sh: there is no $app; run make bundle" >&2; exit 1; }

# Inside out: every library, then the program, then the app.
find "$app/Contents" -type f \( -name '*.so' -o -name '*.dylib' -o -perm -100 \) -print0 |
    while IFS= read -r -d '' file; do
        file -b "$file" | grep -q Mach-O || continue
        codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" --sign "$identity" "$file"
    done
codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" --sign "$identity" "$app"
codesign --verify --deep --strict --verbose=2 "$app"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
cp -R "$app" "$staging/"
ln -s /Applications "$staging/Applications"
rm -f "$image"
hdiutil create -volname Exifact -srcfolder "$staging" -format ULMO "$image"
codesign --force --timestamp --sign "$identity" "$image"
if [ -n "${EXIFACT_NOTARY:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$EXIFACT_NOTARY" --wait
    xcrun stapler staple "$image"
fi
shasum -a 256 "$image"
