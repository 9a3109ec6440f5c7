capability Reports { resource "./out/**", allow read }
